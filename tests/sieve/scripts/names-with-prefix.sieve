require "fileinto";
if header :is "X" "1" { fileinto "INBOX.Lists.Tea"; }
elsif header :is "X" "2" { fileinto "inbox"; }
elsif header :is "X" "3" { fileinto "INBOX/Below"; }
