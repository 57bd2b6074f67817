require ["fileinto", "imap4flags"];
# Whitelist
if address :all :comparator "i;ascii-casemap" :is ["From", "Sender", "Resent-From"] "friend@example.org" {
    keep;
    stop;
}
# Blacklisted Addresses
if address :all :comparator "i;ascii-casemap" :is ["From", "Sender"] ["foe@example.org", "foe@example.net"] {
    discard;
    stop;
}
# Projects
if anyof ( header :comparator "i;ascii-casemap" :contains "Subject" "Project X" ) {
    fileinto "INBOX.Projects.X";
    stop;
}
