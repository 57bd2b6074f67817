require ["fileinto", "envelope"];
if envelope :is "to" "ann+lists@example.org" { fileinto "Lists"; }
elsif header :contains "Subject" "tea" { fileinto "Tea"; }
if header :contains "Subject" "coffee" { fileinto "Coffee"; }
