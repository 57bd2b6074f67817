require ["fileinto", "imap4flags"];
addflag ["\\Deleted", "\\Seen", "\\Nonsense", "a b"];
