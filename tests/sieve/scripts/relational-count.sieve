require ["fileinto", "relational", "comparator-i;ascii-numeric"];
if address :count "gt" :comparator "i;ascii-numeric" "To" "10" { fileinto "Crowds"; }
elsif header :count "ge" :comparator "i;ascii-numeric" "Received" "20" { fileinto "Loops"; }
elsif header :count "eq" :comparator "i;ascii-numeric" ["To", "Cc"] "0" { fileinto "Hidden"; }
