require ["fileinto", "mime"];
if header :mime :anychild :contenttype "Content-Type" ["application/pdf", "application/x-pdf"] { fileinto "PDF"; }
elsif header :mime :anychild :type "Content-Type" "image" { fileinto "Images"; }
elsif exists :mime :anychild "Content-Language" { fileinto "Languages"; }
elsif header :mime :type "Content-Type" "multipart" { fileinto "Parts"; }
