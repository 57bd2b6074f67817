require ["fileinto","imap4flags","regex"];
if anyof (address :contains ["from"] "news@shop.example", header :contains ["subject"] "Sonderangebot") {
    fileinto "Werbung";
    addflag "\\Seen";
    stop;
}
if allof (address :matches ["to","cc"] "*team@example.org", not address :is ["from"] "me@example.org") { fileinto "Team"; }
