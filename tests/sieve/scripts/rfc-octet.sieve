require "fileinto";
if header :contains :comparator "i;octet" "Subject" "URGENT" { fileinto "Shouting"; }
elsif header :matches :comparator "i;octet" "Subject" "Re: *A*b" { fileinto "Mixed"; }
