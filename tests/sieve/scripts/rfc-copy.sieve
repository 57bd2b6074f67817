require ["fileinto", "copy"];
fileinto :copy "Archive";
if header :contains "Subject" "invoice" { fileinto :copy "Invoices"; }
if header :contains "Subject" "spam" { discard; }
