require ["fileinto", "imap4flags", "copy", "variables", "relational", "mailbox", "date", "envelope"];
### 1. Junk
set "L0_stop" "N";
if allof (not header :is "X-Spam-known-sender" "yes", header :value "ge" "X-Spam-score" "5") { fileinto "INBOX.Junk Mail"; stop; }
### 2. Rules
if anyof (header :contains ["from"] "shop.example") {
  fileinto "INBOX.Shops";
  set "L0_stop" "Y";
}
if string :is "${L0_stop}" "N" {
  if header :contains "subject" "alert" { addflag "\\Flagged"; keep; }
}
