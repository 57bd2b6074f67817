require ["fileinto", "foreverypart", "mime"];
foreverypart {
    if header :mime :param "filename" :matches ["Content-Type", "Content-Disposition"] ["*.exe", "*.scr"] {
        fileinto "Programs";
        stop;
    }
}
foreverypart :name "outer" {
    if allof (header :mime :contenttype "Content-Type" "text/calendar", header :mime :param "charset" "Content-Type" "utf-8") {
        fileinto "Calendar";
        break;
    }
}
