require "fileinto";
if address :is "From" "mum@example.org" { keep; }
elsif header :contains "Subject" "sale" { discard; }
else { fileinto "Others"; }
