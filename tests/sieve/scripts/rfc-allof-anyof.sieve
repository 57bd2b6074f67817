require ["fileinto"];
if anyof (allof (header :contains "Subject" "offer", not exists "Precedence"),
          size :over 2M,
          not anyof (exists "Date", exists "Resent-Date")) {
    fileinto "Doubtful";
}
