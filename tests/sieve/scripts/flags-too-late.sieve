require ["fileinto", "imap4flags"];
if header :contains "Subject" "tea" { fileinto "Tea"; }
if header :contains "Subject" "hot" { addflag "\\Flagged"; }
