require ["fileinto", "body", "regex"];
if body :contains ["unsubscribe", "opt out"] { fileinto "Newsletters"; }
elsif body :text :matches "*dear *customer*" { fileinto "Customers"; }
elsif body :raw :contains "MIME-Version" { fileinto "Odd"; }
elsif body :content "text/html" :contains "<script" { discard; }
elsif body :content ["application", "image/png"] :regex "x" { keep; }
