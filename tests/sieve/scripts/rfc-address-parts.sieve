require ["fileinto", "subaddress"];
if address :localpart :is "From" "postmaster" { fileinto "Postmasters"; }
elsif address :domain :is "From" ["example.com", "Example.NET"] { fileinto "Companies"; }
elsif address :user :is "To" "ann" { fileinto "Ann"; }
elsif address :detail :matches "To" "shop*" { fileinto "Shopping"; }
elsif address :all :matches "From" "*@*.example.org" { fileinto "Below"; }
elsif address :is "From" "" { fileinto "Nobody"; }
