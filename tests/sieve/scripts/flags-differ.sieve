require ["fileinto", "imap4flags", "copy"];
fileinto :copy :flags "\\Seen" "Archive";
if header :contains "Subject" "a" { fileinto "A"; }
if header :contains "Subject" "b" { addflag "\\Flagged"; fileinto "B"; }
