require ["fileinto", "imap4flags"];
if address :is "From" "boss@example.org" { addflag "\\Flagged"; }
if header :contains "Subject" "newsletter" { addflag ["\\Seen", "$News"]; fileinto "News"; }
