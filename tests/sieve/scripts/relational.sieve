require ["fileinto", "relational", "comparator-i;ascii-numeric"];
if header :value "ge" :comparator "i;ascii-numeric" "X-Spam-Score" "5" { fileinto "Spam"; }
elsif header :value "lt" :comparator "i;ascii-numeric" "X-Priority" "3" { fileinto "High"; }
elsif header :value "eq" :comparator "i;ascii-numeric" "X-Number" "7" { fileinto "Seven"; }
