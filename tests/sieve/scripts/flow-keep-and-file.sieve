require "fileinto";
if header :contains "Subject" "a" { keep; }
if header :contains "Subject" "b" { fileinto "B"; stop; }
if header :contains "Subject" "c" { fileinto "C"; }
