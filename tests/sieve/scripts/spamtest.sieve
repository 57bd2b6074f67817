require ["fileinto", "spamtestplus", "virustest", "relational", "comparator-i;ascii-numeric"];
if spamtest :percent :value "ge" :comparator "i;ascii-numeric" "80" { fileinto "Spam"; stop; }
if virustest :value "eq" :comparator "i;ascii-numeric" "5" { discard; }
