require ["fileinto", "variables"];
if header :contains "Subject" "a" { fileinto "Lists.dev"; }
elsif header :matches "Subject" "[*]" { fileinto "INBOX.Tags.${1}.new"; }
elsif header :contains "Subject" "v1.2" { fileinto "Versions/1.2"; }
