require ["fileinto", "mailbox", "special-use"];
if mailboxexists ["Projects", "Projects/Spring"] { fileinto "Projects/Spring"; }
elsif specialuse_exists "\\Archive" { fileinto :specialuse "\\Archive" :create "Old mail"; }
