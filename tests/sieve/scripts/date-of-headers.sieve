require ["fileinto", "date", "relational"];
if date :value "lt" "Date" "date" "2000-01-01" { fileinto "Old"; }
elsif date :value "gt" "Resent-Date" "date" "2024-12-31" { fileinto "Resent"; }
elsif date :is :zone "+0100" "Date" "hour" ["22", "23", "00"] { fileinto "Night"; }
elsif date :value "ge" :originalzone "Date" "time" "18:30:00" { fileinto "Evening"; }
elsif date :matches "Date" "date" "*-02-29" { fileinto "Leap"; }
elsif date :is :originalzone "Date" "zone" "+0900" { fileinto "Tokyo"; }
elsif date :value "ge" "Date" "julian" "60000" { fileinto "Julian"; }
