require ["fileinto", "extlists"];
if header :list "From" "urn:ietf:params:sieve:addrbook:default" { fileinto "Friends"; }
