require ["fileinto", "variables"];
set "box" "Others";
if header :contains "Subject" "tea" { set "box" "Tea"; }
elsif header :contains "Subject" "coffee" { set "box" "Coffee"; }
fileinto "Drinks/${box}";
