require ["fileinto", "date", "relational"];
if anyof (currentdate :is "weekday" ["0", "6"], currentdate :value "lt" "hour" "09", currentdate :value "ge" "hour" "18") {
    fileinto "Later";
}
