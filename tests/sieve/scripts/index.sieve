require ["fileinto", "index"];
if header :index 1 :contains "Received" "relay.example" { fileinto "First"; }
elsif header :index 1 :last :contains "Received" "origin.example" { fileinto "Last"; }
elsif address :index 2 :is "To" "ann@example.org" { fileinto "Second"; }
