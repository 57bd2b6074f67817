require ["enotify", "fileinto"];
if header :contains "From" "boss" { notify :importance "1" :message "mail" "mailto:ann@example.org"; }
if valid_notify_method "xmpp:x@example.org" { stop; }
