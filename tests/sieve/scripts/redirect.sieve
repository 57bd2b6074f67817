require ["fileinto", "copy"];
if header :contains "Subject" "both" { redirect :copy "bob@example.com"; fileinto "Sent on"; }
elsif header :contains "Subject" "away" { redirect "bob@example.com"; }
