require ["fileinto", "imap4flags"];
if header :contains "Subject" "a" { addflag "$A"; fileinto "A"; fileinto "B"; fileinto "A"; }
elsif header :contains "Subject" "b" { fileinto "C"; keep; }
else { discard; keep; }
