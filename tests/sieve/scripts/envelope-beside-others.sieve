require ["fileinto", "envelope"];
if allof (header :contains "Subject" "tea", envelope :domain "from" "example.org") { fileinto "Tea"; stop; }
if header :contains "Subject" "coffee" { fileinto "Coffee"; }
