require "fileinto";
fileinto "All";
stop;
if header :contains "Subject" "a" { fileinto "A"; }
