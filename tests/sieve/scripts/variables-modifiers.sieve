require ["fileinto", "variables"];
set :lower :upperfirst "name" "ANN LEE";
set :length "long" "${name}";
set :quotewildcard "pattern" "a*b";
set :upper "shout" "tea";
if header :matches "Subject" "*${pattern}*" { fileinto "${name}"; }
elsif header :is "Subject" "${shout}" { fileinto "Length ${long}"; }
