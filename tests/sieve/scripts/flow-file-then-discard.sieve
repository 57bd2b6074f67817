require "fileinto";
if header :contains "Subject" "a" { fileinto "A"; }
discard;
