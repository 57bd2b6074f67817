require "fileinto";
if header :contains "Subject" "a" { fileinto "A"; }
if not header :contains "Subject" "a" { fileinto "Not A"; }
