require "fileinto";
if size :over 1G { fileinto "1G"; }
elsif size :over 20k { fileinto "20k"; }
elsif size :over 1000 { fileinto "1000"; }
