require "fileinto";
if header :contains "Subject" "a" { fileinto "A"; }
if header :contains "Subject" "b" { fileinto "B"; }
