require "fileinto";
if header :is "X-A" "" { fileinto "A"; }
elsif header :contains "X-B" "" { fileinto "B"; }
elsif header :matches "X-C" "" { fileinto "C"; }
elsif header :matches "X-D" "?" { fileinto "D"; }
elsif header :contains "X-E" "  " { fileinto "E"; }
elsif header :is ["", "not a header:"] "x" { fileinto "Never"; }
elsif header :matches "X-F" "*" { fileinto "F"; }
