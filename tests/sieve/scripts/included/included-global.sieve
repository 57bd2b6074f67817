require ["include", "variables"];
global "box";
if header :contains "Subject" "tea" { set "box" "Tea"; }
