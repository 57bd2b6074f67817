require "fileinto";
if header :is "X" "1" { fileinto "Büro/{Verträge}"; }
elsif header :is "X" "2" { fileinto "50%"; }
elsif header :is "X" "3" { fileinto "/slash/"; }
elsif header :is "X" "4" { fileinto "two words "; }
else { fileinto "It's \"quoted\""; }
