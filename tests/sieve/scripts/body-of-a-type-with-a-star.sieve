require ["fileinto", "body"];
if body :content ["application/*", "text/html"] :contains "x" { fileinto "Html"; }
elsif body :content "image/*" :contains "x" { fileinto "Never"; }
