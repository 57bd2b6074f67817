require ["fileinto", "foreverypart", "mime"];
foreverypart {
    if header :mime :contenttype "Content-Type" "text/html" { fileinto "HTML"; }
    elsif header :mime :contenttype "Content-Type" "text/plain" { fileinto "Plain"; }
}
foreverypart {
    if not header :mime :type "Content-Type" "text" { fileinto "Files"; }
    if header :mime :subtype "Content-Type" "pdf" { break; }
}
if header :contains "Subject" "tea" { fileinto "Tea"; }
