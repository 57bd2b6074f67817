require "fileinto";
if header :contains "From" "boss" { stop; }
if header :contains "Subject" "lunch" { fileinto "Lunch"; stop; }
fileinto "Rest";
