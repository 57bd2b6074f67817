require ["fileinto", "relational"];
if header :value "gt" "Subject" "m" { fileinto "N to Z"; }
