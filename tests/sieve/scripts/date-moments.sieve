require ["fileinto", "date", "relational"];
if currentdate :value "ge" "iso8601" "2024-01-01T00:00:00Z" { fileinto "New"; }
elsif date :value "lt" :zone "+0200" "date" "iso8601" "2024-01-31T18:30:05+02:00" { fileinto "Old"; }
elsif allof (date :value "gt" :zone "+0000" "date" "iso8601" "2024-05-01T10:00:00Z", date :value "le" :zone "+0000" "date" "date" "2024-05-31") { fileinto "May"; }
