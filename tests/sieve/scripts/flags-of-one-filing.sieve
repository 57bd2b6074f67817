require ["fileinto", "imap4flags"];
if header :contains "Subject" "report" { fileinto :flags ["\\Seen", "$Report"] "Reports"; stop; }
if header :contains "Subject" "read" { keep :flags "\\Seen"; }
