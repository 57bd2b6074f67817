require ["fileinto", "variables", "regex", "imap4flags"];
# Tickets
if header :regex "subject" "\\[#([0-9]+)\\]" { addflag "$Ticket"; fileinto "Tickets/${1}"; stop; }
# Automatic replies
if anyof (exists "Auto-Submitted", header :contains "Precedence" ["bulk", "junk", "auto_reply"]) { fileinto "Automatic"; stop; }
# Customers
if address :domain :is "from" ["acme.example", "globex.example"] { fileinto "Customers"; stop; }
fileinto "Unsorted";
