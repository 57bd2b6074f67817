require ["editheader", "fileinto"];
addheader "X-Seen" "yes";
deleteheader :index 1 :contains "Received" "secret";
if header :is "X-Seen" "yes" { fileinto "Seen"; }
elsif header :contains "Subject" "tea" { fileinto "Tea"; }
