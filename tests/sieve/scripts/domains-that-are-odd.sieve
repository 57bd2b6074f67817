require "fileinto";
if address :domain :contains "From" ["example.", "@"] { fileinto "A"; }
elsif address :domain :is "From" "@example.org" { fileinto "Never"; }
elsif address :all :contains "From" "@example." { fileinto "C"; }
elsif address :all :is "From" ["@example.org", "Ann <ann@example.org>"] { fileinto "D"; }
