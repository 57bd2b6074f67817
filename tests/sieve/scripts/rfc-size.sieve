require "fileinto";
if size :over 1M { fileinto "Large"; }
elsif size :under 500 { fileinto "Tiny"; }
elsif size :over 100K { fileinto "Medium"; }
