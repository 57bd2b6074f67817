require ["fileinto", "environment"];
if environment :is "location" "MUA" { fileinto "Client"; }
if environment :contains "name" "pigeonhole" { fileinto "Server"; }
if environment :matches "remote-host" "*.example" { discard; }
