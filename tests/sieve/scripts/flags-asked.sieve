require ["fileinto", "imap4flags"];
if header :contains "Subject" "urgent" { addflag "\\Flagged"; }
if hasflag "\\flagged" { fileinto "Urgent"; }
elsif hasflag ["\\Seen", "$Done"] { fileinto "Done"; }
